# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_rcr_global_optspecs
    string join \n format= json progress= q/quiet v/verbose store= config= retries= max-wait= concurrency= limit-rate= durability= verify-existing= lock-timeout= resolve= plain-http= tls-skip-verify= insecure-registry= registry-mirror= add-registry= cacert= cert-dir= trust-realm= h/help V/version
end

function __fish_rcr_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_rcr_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_rcr_using_subcommand
    set -l cmd (__fish_rcr_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c rcr -n "__fish_rcr_needs_command" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_needs_command" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_needs_command" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_needs_command" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_needs_command" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_needs_command" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_needs_command" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_needs_command" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_needs_command" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_needs_command" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_needs_command" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_needs_command" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_needs_command" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_needs_command" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_needs_command" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_needs_command" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_needs_command" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_needs_command" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_needs_command" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_needs_command" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_needs_command" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_needs_command" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_needs_command" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_needs_command" -s V -l version -d 'Print version'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "pull" -d 'Fetch images from a registry into the store'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "push" -d 'Send a stored image to a registry'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "login" -d 'Check credentials with a registry, then save them'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "logout" -d 'Forget the credentials for a registry'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "tag" -d 'Give a stored image another name'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "images" -d 'List the stored images'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "ls" -d 'List the stored images'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "rmi" -d 'Remove stored images'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "inspect" -d 'Show an image: configuration, platforms, layers with their sizes'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "history" -d 'Show how a stored image came about, newest step first'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "tags" -d 'List the tags of a repository on its registry'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "catalog" -d 'List the repositories of a registry, where it tells them'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "manifest" -d 'Print the manifest of an image as its registry has it, byte for byte'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "digest" -d 'Print the digest of an image as its registry has it'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "doctor" -d 'Find out why a registry or an image cannot be reached'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "store" -d 'Look after the store'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "info" -d 'Show registries, mirrors, trust and credentials, and where each was set'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "config" -d 'Show what the settings amount to'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "completion" -d 'Print a shell\'s completion script'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "version" -d 'Print the version'
complete -c rcr -n "__fish_rcr_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l platform -d 'Fetch the image for this platform, such as linux/arm64; may be repeated' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l all-platforms -d 'Fetch all platforms and whatever else the index holds'
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l dry-run -d 'Say what would be fetched, and fetch nothing'
complete -c rcr -n "__fish_rcr_using_subcommand pull" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand pull" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand pull" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand push" -l platform -d 'Push the one image of this platform instead of the whole index' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand push" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand push" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand push" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand push" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand push" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand push" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand push" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand push" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand push" -l allow-nondistributable-artifacts -d 'Push layers even if their publisher forbids redistributing them'
complete -c rcr -n "__fish_rcr_using_subcommand push" -l dry-run -d 'Say what would be sent, and send nothing'
complete -c rcr -n "__fish_rcr_using_subcommand push" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand push" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand push" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand login" -s u -l username -d 'The user name; asked for on a terminal' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -s p -l password -d 'The password: visible to other users of this machine while the command runs; prefer --password-stdin' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand login" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand login" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand login" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand login" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand login" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand login" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand login" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand login" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c rcr -n "__fish_rcr_using_subcommand login" -l dry-run -d 'Check the credentials, and save nothing'
complete -c rcr -n "__fish_rcr_using_subcommand login" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand login" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand login" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l all -d 'Forget all credentials'
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l dry-run -d 'Say what would be forgotten, and forget nothing'
complete -c rcr -n "__fish_rcr_using_subcommand logout" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand logout" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand logout" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l dry-run -d 'Check both names, and change nothing'
complete -c rcr -n "__fish_rcr_using_subcommand tag" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand tag" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand tag" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand tag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand images" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand images" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand images" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand images" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand images" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand images" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand images" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand images" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand images" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand images" -l digests -d 'Show full digests'
complete -c rcr -n "__fish_rcr_using_subcommand images" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand images" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand images" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand images" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l digests -d 'Show full digests'
complete -c rcr -n "__fish_rcr_using_subcommand ls" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand ls" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand ls" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand rmi" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l platform -d 'Show only this platform' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l remote -d 'Ask the registry instead of the store; no layer is fetched'
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand history" -l platform -d 'The platform, where several are stored' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand history" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand history" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand history" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand history" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand history" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand history" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand history" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand history" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand history" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand history" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand history" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l limit -d 'Print at most N' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l sort -d 'Order: as versions, newest first, or by name [default: the registry\'s order]' -r -f -a "semver\t''
name\t''"
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l filter -d 'Print only tags that match: a pattern with * and ?' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand tags" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand tags" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand tags" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand tags" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l limit -d 'Print at most N' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand catalog" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand manifest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand digest" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand digest" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand digest" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand digest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -f -a "path" -d 'Print where the store is'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -f -a "verify" -d 'Check every blob and every image, and put aside what is wrong'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -f -a "gc" -d 'Remove what no image needs'
complete -c rcr -n "__fish_rcr_using_subcommand store; and not __fish_seen_subcommand_from path verify gc help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l grace -d 'Keep what is younger: 30m, 24h, 7d, or 0 for nothing' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l assume-exclusive -d 'Go on where the file system has no locks: no other command may be using the store'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the store is'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check every blob and every image, and put aside what is wrong'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "gc" -d 'Remove what no image needs'
complete -c rcr -n "__fish_rcr_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rcr -n "__fish_rcr_using_subcommand info" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand info" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand info" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand info" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand info" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand info" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand info" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand info" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand info" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand info" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand info" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand info" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -f -a "explain" -d 'Tell every request that a pull would make, and why; nothing is contacted'
complete -c rcr -n "__fish_rcr_using_subcommand config; and not __fish_seen_subcommand_from explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Tell every request that a pull would make, and why; nothing is contacted'
complete -c rcr -n "__fish_rcr_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand completion" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand completion" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand completion" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand version" -l format -d 'Print results and errors as text or JSON [default: text]' -r -f -a "text\t''
json\t''"
complete -c rcr -n "__fish_rcr_using_subcommand version" -l progress -d 'Show progress as bars, lines or JSON events [default: auto]' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line per finished layer'
json\t'An event per line on stderr'
none\t'Nothing'"
complete -c rcr -n "__fish_rcr_using_subcommand version" -l store -d 'Keep images in this directory' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand version" -l config -d 'Read settings from this file instead of the usual config.toml' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand version" -l retries -d 'Try a failed request or transfer again up to N times [default: 4]' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l max-wait -d 'Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l concurrency -d 'Move up to N blobs at once [default: 8]' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l limit-rate -d 'Move at most this many bytes of images per second, both ways and all connections together; K, M and G are units of 1024' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l durability -d 'Make this much durable before a command succeeds [default: full]' -r -f -a "full\t'All that is stored'
relaxed\t'The names alone: faster, and after a power loss blobs may have to be fetched again'"
complete -c rcr -n "__fish_rcr_using_subcommand version" -l verify-existing -d 'Hash what is in the store already before relying on it, instead of trusting name and size' -r -f -a "true\t''
false\t''"
complete -c rcr -n "__fish_rcr_using_subcommand version" -l lock-timeout -d 'Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l resolve -d 'Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l plain-http -d 'Speak plain HTTP with this host' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l tls-skip-verify -d 'Do not verify this host\'s certificate' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l insecure-registry -d 'Treat as Docker treats insecure registries: HTTPS without verification, else HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l registry-mirror -d 'Ask this mirror for what is on docker.io first; http:// allows plain HTTP' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l add-registry -d 'Look here first for names without a host' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l cacert -d 'Trust the certificate authorities in this PEM file too' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand version" -l cert-dir -d 'Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line' -r -F
complete -c rcr -n "__fish_rcr_using_subcommand version" -l trust-realm -d 'Send credentials to this token server although it is not of the registry\'s domain' -r
complete -c rcr -n "__fish_rcr_using_subcommand version" -l json -d 'Short for --format json'
complete -c rcr -n "__fish_rcr_using_subcommand version" -s q -l quiet -d 'Say nothing but results and errors'
complete -c rcr -n "__fish_rcr_using_subcommand version" -s v -l verbose -d 'Log requests; twice for more'
complete -c rcr -n "__fish_rcr_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "pull" -d 'Fetch images from a registry into the store'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "push" -d 'Send a stored image to a registry'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "login" -d 'Check credentials with a registry, then save them'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "logout" -d 'Forget the credentials for a registry'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "tag" -d 'Give a stored image another name'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "images" -d 'List the stored images'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "rmi" -d 'Remove stored images'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "inspect" -d 'Show an image: configuration, platforms, layers with their sizes'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "history" -d 'Show how a stored image came about, newest step first'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "tags" -d 'List the tags of a repository on its registry'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "catalog" -d 'List the repositories of a registry, where it tells them'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "manifest" -d 'Print the manifest of an image as its registry has it, byte for byte'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "digest" -d 'Print the digest of an image as its registry has it'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "doctor" -d 'Find out why a registry or an image cannot be reached'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "store" -d 'Look after the store'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "info" -d 'Show registries, mirrors, trust and credentials, and where each was set'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "config" -d 'Show what the settings amount to'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "completion" -d 'Print a shell\'s completion script'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "version" -d 'Print the version'
complete -c rcr -n "__fish_rcr_using_subcommand help; and not __fish_seen_subcommand_from pull push login logout tag images rmi inspect history tags catalog manifest digest doctor store info config completion version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rcr -n "__fish_rcr_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "path" -d 'Print where the store is'
complete -c rcr -n "__fish_rcr_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "verify" -d 'Check every blob and every image, and put aside what is wrong'
complete -c rcr -n "__fish_rcr_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "gc" -d 'Remove what no image needs'
complete -c rcr -n "__fish_rcr_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "explain" -d 'Tell every request that a pull would make, and why; nothing is contacted'
