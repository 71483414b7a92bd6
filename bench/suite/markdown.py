"""Renews what is measured in docs/PERFORMANCE.md: the text between `<!-- NAME: begin -->` and `<!-- NAME: end -->`. The
rest of that file is written by hand."""

import re

import blocks
import pictures


def renew(path, results, order):
    """`order`: names of the cases, as the table is to have them."""
    text = path.read_text()
    for name, make in blocks.BLOCKS.items():
        text = _replace(text, name, make(results, order), path)
    path.write_text(text)
    pictures.draw(results, path.parent / "performance")


def _replace(text, name, block, path):
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
    assert pattern.search(text), f"{path} has no `{begin}` with its `{end}`: put both where the block `{name}` belongs"
    return pattern.sub(lambda _: f"{begin}\n{block}\n{end}", text)
