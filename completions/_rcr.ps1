
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'rcr' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'rcr'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'rcr' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Fetch images from a registry into the store')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Send a stored image to a registry')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Check credentials with a registry, then save them')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the credentials for a registry')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give a stored image another name')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'List the stored images')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the stored images')
            [CompletionResult]::new('rmi', 'rmi', [CompletionResultType]::ParameterValue, 'Remove stored images')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show an image: configuration, platforms, layers with their sizes')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show how a stored image came about, newest step first')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository on its registry')
            [CompletionResult]::new('catalog', 'catalog', [CompletionResultType]::ParameterValue, 'List the repositories of a registry, where it tells them')
            [CompletionResult]::new('manifest', 'manifest', [CompletionResultType]::ParameterValue, 'Print the manifest of an image as its registry has it, byte for byte')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Print the digest of an image as its registry has it')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out why a registry or an image cannot be reached')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Look after the store')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show registries, mirrors, trust and credentials, and where each was set')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show what the settings amount to')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rcr;pull' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Fetch the image for this platform, such as linux/arm64; may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--all-platforms', '--all-platforms', [CompletionResultType]::ParameterName, 'Fetch all platforms and whatever else the index holds')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be fetched, and fetch nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;push' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Push the one image of this platform instead of the whole index')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--allow-nondistributable-artifacts', '--allow-nondistributable-artifacts', [CompletionResultType]::ParameterName, 'Push layers even if their publisher forbids redistributing them')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be sent, and send nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;login' {
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The user name; asked for on a terminal')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name; asked for on a terminal')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password: visible to other users of this machine while the command runs; prefer --password-stdin')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password: visible to other users of this machine while the command runs; prefer --password-stdin')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Check the credentials, and save nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;logout' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Forget all credentials')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be forgotten, and forget nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;tag' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Check both names, and change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;images' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--digests', '--digests', [CompletionResultType]::ParameterName, 'Show full digests')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;ls' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--digests', '--digests', [CompletionResultType]::ParameterName, 'Show full digests')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;rmi' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;inspect' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Show only this platform')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Ask the registry instead of the store; no layer is fetched')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;history' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform, where several are stored')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;tags' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Print at most N')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'Order: as versions, newest first, or by name [default: the registry''s order]')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Print only tags that match: a pattern with * and ?')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;catalog' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Print at most N')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;manifest' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;digest' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;doctor' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;store' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the store is')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check every blob and every image, and put aside what is wrong')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove what no image needs')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rcr;store;path' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;store;verify' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;store;gc' {
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Keep what is younger: 30m, 24h, 7d, or 0 for nothing')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--assume-exclusive', '--assume-exclusive', [CompletionResultType]::ParameterName, 'Go on where the file system has no locks: no other command may be using the store')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;store;help' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the store is')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check every blob and every image, and put aside what is wrong')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove what no image needs')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rcr;store;help;path' {
            break
        }
        'rcr;store;help;verify' {
            break
        }
        'rcr;store;help;gc' {
            break
        }
        'rcr;store;help;help' {
            break
        }
        'rcr;info' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;config' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell every request that a pull would make, and why; nothing is contacted')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rcr;config;explain' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;config;help' {
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell every request that a pull would make, and why; nothing is contacted')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rcr;config;help;explain' {
            break
        }
        'rcr;config;help;help' {
            break
        }
        'rcr;completion' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;version' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print results and errors as text or JSON [default: text]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress as bars, lines or JSON events [default: auto]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Keep images in this directory')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read settings from this file instead of the usual config.toml')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Try a failed request or transfer again up to N times [default: 4]')
            [CompletionResult]::new('--max-wait', '--max-wait', [CompletionResultType]::ParameterName, 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Move up to N blobs at once [default: 8]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'Make this much durable before a command succeeds [default: full]')
            [CompletionResult]::new('--verify-existing', '--verify-existing', [CompletionResultType]::ParameterName, 'Hash what is in the store already before relying on it, instead of trusting name and size')
            [CompletionResult]::new('--lock-timeout', '--lock-timeout', [CompletionResultType]::ParameterName, 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak plain HTTP with this host')
            [CompletionResult]::new('--tls-skip-verify', '--tls-skip-verify', [CompletionResultType]::ParameterName, 'Do not verify this host''s certificate')
            [CompletionResult]::new('--insecure-registry', '--insecure-registry', [CompletionResultType]::ParameterName, 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP')
            [CompletionResult]::new('--registry-mirror', '--registry-mirror', [CompletionResultType]::ParameterName, 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP')
            [CompletionResult]::new('--add-registry', '--add-registry', [CompletionResultType]::ParameterName, 'Look here first for names without a host')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities in this PEM file too')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line')
            [CompletionResult]::new('--trust-realm', '--trust-realm', [CompletionResultType]::ParameterName, 'Send credentials to this token server although it is not of the registry''s domain')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but results and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log requests; twice for more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rcr;help' {
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Fetch images from a registry into the store')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Send a stored image to a registry')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Check credentials with a registry, then save them')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the credentials for a registry')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give a stored image another name')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'List the stored images')
            [CompletionResult]::new('rmi', 'rmi', [CompletionResultType]::ParameterValue, 'Remove stored images')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show an image: configuration, platforms, layers with their sizes')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show how a stored image came about, newest step first')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository on its registry')
            [CompletionResult]::new('catalog', 'catalog', [CompletionResultType]::ParameterValue, 'List the repositories of a registry, where it tells them')
            [CompletionResult]::new('manifest', 'manifest', [CompletionResultType]::ParameterValue, 'Print the manifest of an image as its registry has it, byte for byte')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Print the digest of an image as its registry has it')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out why a registry or an image cannot be reached')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Look after the store')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show registries, mirrors, trust and credentials, and where each was set')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show what the settings amount to')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rcr;help;pull' {
            break
        }
        'rcr;help;push' {
            break
        }
        'rcr;help;login' {
            break
        }
        'rcr;help;logout' {
            break
        }
        'rcr;help;tag' {
            break
        }
        'rcr;help;images' {
            break
        }
        'rcr;help;rmi' {
            break
        }
        'rcr;help;inspect' {
            break
        }
        'rcr;help;history' {
            break
        }
        'rcr;help;tags' {
            break
        }
        'rcr;help;catalog' {
            break
        }
        'rcr;help;manifest' {
            break
        }
        'rcr;help;digest' {
            break
        }
        'rcr;help;doctor' {
            break
        }
        'rcr;help;store' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the store is')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check every blob and every image, and put aside what is wrong')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove what no image needs')
            break
        }
        'rcr;help;store;path' {
            break
        }
        'rcr;help;store;verify' {
            break
        }
        'rcr;help;store;gc' {
            break
        }
        'rcr;help;info' {
            break
        }
        'rcr;help;config' {
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell every request that a pull would make, and why; nothing is contacted')
            break
        }
        'rcr;help;config;explain' {
            break
        }
        'rcr;help;completion' {
            break
        }
        'rcr;help;version' {
            break
        }
        'rcr;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
