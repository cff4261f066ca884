"""How Sphinx builds the site from the pages of this folder: `make docs`. It asks nothing of the network."""

project = "CBI engine"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
suppress_warnings = ["toc.not_included"]  # rules and tracciati are reached from their indexes; a test follows the links
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = "CBI engine"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = html_show_sphinx = False
