"""The documentation as a site: `make docs` builds it. The Markdown is read as it stands, so that Git hosts show it too.

The source folder is the repository, since CONTRIBUTING.md and its like stay where people look for them.
"""

project = "Porthole"
copyright = "the authors of Porthole"  # noqa: A001 - Sphinx's own name for it
html_title = "Porthole"

extensions = ["myst_parser"]
include_patterns = ["docs/**", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
exclude_patterns = [".*", "site", "**/node_modules"]  # folders that need not be walked
root_doc = "docs/index"
myst_heading_anchors = 3  # as Git hosts make them, so that one link leads to the same place in both

nitpicky = True
suppress_warnings = ["toc.not_included"]  # the decisions, which their own page lists
html_theme = "furo"
html_extra_path = ["front"]  # the address of the site itself leads to docs/index.html
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
