"""SVG plots: shapes and text, with the names of attributes written with underscores."""

import html


class Drawing:
    def __init__(self, width, height, title):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="sans-serif" font-size="11">',
            f"<title>{html.escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        ]

    def text(self, x, y, value, **style):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{attributes(style)}>{html.escape(value)}</text>')

    def line(self, x1, y1, x2, y2, **style):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{attributes(style)}/>')

    def bar(self, x, y, width, height, **style):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{attributes(style)}/>')

    def curve(self, points, **style):
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{where}" fill="none"{attributes(style)}/>')

    def written(self, path):
        path.write_text("\n".join([*self.parts, "</svg>", ""]))


def attributes(style):
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items() if value != "")
