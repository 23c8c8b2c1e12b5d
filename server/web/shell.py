"""The frame around pages that the server renders: the same head as the application's page."""

from collections.abc import Mapping
from html import escape

VIEWS = (
    "catalog",
    "docs-health",
    "models",
    "jobs",
    "plans",
    "actions",
)  # /VIEW and all below it are the application's page
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def shell_html(title: str, body: str) -> str:
    """A whole page around `body`, which is trusted HTML; see `static/index.html` for the head it repeats."""
    return f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{escape(title)} · Cuebook</title>
    <link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/static/style.css">
    <script src="/static/theme.js"></script>
    <script type="module" src="/static/docs.js"></script>
  </head>
  <body class="docs">
    <a class="skip-link" href="#main">Skip to content</a>
    <header class="page-head">
      <div class="page-head-inner">
        <a class="brand" href="/"><img src="/static/favicon.svg" alt="" width="24" height="24"><span>Cuebook</span></a>
        <nav class="page-nav" aria-label="Main">
          <a href="/">Ask</a><a href="/search">Search</a><a href="/catalog">Catalog</a>
          <a href="/docs-health">Docs</a><a href="/models">Models</a><a href="/jobs">Jobs</a><a href="/plans">Plans</a>
        </nav>
        <div class="page-tools"><button type="button" class="icon-button" data-theme-toggle></button></div>
      </div>
    </header>
    <main id="main" tabindex="-1">{body}</main>
  </body>
</html>
"""
