"""The pictures of a run: SVG as text, with colours for light and for dark pages."""

import math
import statistics
from html import escape

from measure import median, ratios

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.group { font-weight: 600 }
.soft { fill: #59636e }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.one { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 4 3 }
.a { fill: #0969da } .b { fill: #bf6a02 } .c { fill: #1a7f37 }
.line { fill: none; stroke-width: 2 }
.line.a { stroke: #0969da; fill: none } .line.b { stroke: #bf6a02; fill: none } .line.c { stroke: #1a7f37; fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.soft { fill: #9198a1 }
.grid { stroke: #3d444d }
.one { stroke: #9198a1 }
.a { fill: #4493f8 } .b { fill: #e3a13c } .c { fill: #3fb950 }
.line.a { stroke: #4493f8 } .line.b { stroke: #e3a13c } .line.c { stroke: #3fb950 }
}
</style>"""
WIDTH = 860


class Drawing:
    """An SVG in the making."""

    def __init__(self, title):
        self.title = title
        self.parts = []

    def text(self, x, y, content, kind="", anchor="start"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(content)}</text>'
        )

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def bar(self, x, y, width, height, kind):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" class="{kind}"/>'
        )

    def path(self, points, kind):
        steps = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(points))
        self.parts.append(f'<path d="{steps}" class="line {kind}"/>')
        self.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="{kind}"/>' for x, y in points]

    def finish(self, height):
        size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(self.title)}">'
        return "\n".join([head, f"<title>{escape(self.title)}</title>", STYLE, *self.parts, "</svg>", ""])


def bars(cases, operations, links):
    """Wall time as a share of skopeo's: a group for each operation, a row for each image and network."""
    if not cases:
        return None
    drawing = Drawing("Wall time of rcr as a share of skopeo's: shorter is faster")
    left, right, row_height, y = 280, WIDTH - 70, 22, 78
    peers = [("rcr", "a", "rcr, everything synced to the disk"), ("relaxed", "b", "rcr --durability relaxed")]
    peers.append(("floor", "c", "plain tools: curl and openssl, nothing synced"))
    peers = [peer for peer in peers if any(peer[0] in case["runs"] for case in cases)]
    longest = max(
        statistics.median(ratios(case["runs"], who)) for case in cases for who, _, _ in peers if who in case["runs"]
    )
    # Longer bars are cut; the number beside them is not.
    most = min(max(1.1, longest), 1.6)

    def at(value):
        return left + (right - left) * min(value, most) / most

    drawing.text(16, 26, drawing.title, "title")
    x = 16
    for _, kind, name in peers:
        drawing.bar(x, 39, 11, 11, kind)
        drawing.text(x + 17, 49, name)
        x += 30 + 6.6 * len(name)
    top, group = y - 8, None
    for case in cases:
        if case["operation"] != group:
            group = case["operation"]
            y += 10 if y > 80 else 0
            drawing.text(16, y + 10, operations[group], "group")
            y += 20
        drawing.text(left - 10, y + 12, f"{case['image']}, {links[case['link']]}", anchor="end")
        present = [peer for peer in peers if peer[0] in case["runs"]]
        thickness = 14 if len(present) == 1 else 8
        for who, kind, _ in present:
            value = statistics.median(ratios(case["runs"], who))
            drawing.bar(left, y + 1, at(value) - left, thickness, kind)
            if who == "rcr":
                drawing.text(WIDTH - 16, y + 11, f"{value:.2f}", anchor="end")
            y += thickness if who == "rcr" else 5
            thickness = 4
        y += row_height - 14
    axes = []
    for step in range(int(most / 0.25) + 1):
        value = step * 0.25
        axes.append((at(value), f"{value:g}", "one" if value == 1 else "grid"))
    grid = Drawing("")
    for x, name, kind in axes:
        grid.line(x, top, x, y, kind)
        grid.text(x, y + 16, "skopeo = 1" if kind == "one" else name, "soft", "middle")
    drawing.parts = grid.parts + drawing.parts
    return drawing.finish(y + 30)


def growth(points):
    """Time of commands against the number of tags, both axes logarithmic."""
    if not points:
        return None
    drawing = Drawing("Time of commands as the store grows: ten blobs per tag")
    left, right, top, bottom = 70, WIDTH - 150, 50, 330
    series = {
        name: [(point["tags"], median(point["runs"][name]) * 1000) for point in points] for name in points[0]["runs"]
    }
    tags = [point["tags"] for point in points]
    times = [value for line in series.values() for _, value in line]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    high = max(high, low + 1)
    first, last = math.log10(tags[0]), max(math.log10(tags[-1]), math.log10(tags[0]) + 1)

    def at(count, value):
        x = left + (right - left) * (math.log10(count) - first) / (last - first)
        return x, bottom - (bottom - top) * (math.log10(value) - low) / (high - low)

    drawing.text(16, 26, drawing.title, "title")
    for power in range(low, high + 1):
        y = at(tags[0], 10**power)[1]
        drawing.line(left, y, right, y, "grid")
        drawing.text(left - 8, y + 4, f"{10.0**power:g} ms", "soft", "end")
    for count in tags:
        x = at(count, 10**low)[0]
        drawing.line(x, top, x, bottom, "grid")
        drawing.text(x, bottom + 18, f"{count:,}", "soft", "middle")
    drawing.text((left + right) / 2, bottom + 38, "tags in the store", "soft", "middle")
    # Names stand at the ends of their lines, moved apart where the lines end close together.
    taken = []
    for (name, line), kind in zip(sorted(series.items(), key=lambda item: item[1][-1][1]), "abc"):
        places = [at(*point) for point in line]
        drawing.path(places, kind)
        x, y = places[-1]
        while any(abs(y - other) < 15 for other in taken):
            y -= 1
        taken.append(y)
        drawing.text(x + 12, y + 4, f"{name}, {line[-1][1]:.0f} ms")
    return drawing.finish(bottom + 52)
