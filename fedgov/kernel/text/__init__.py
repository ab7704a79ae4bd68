"""Text: sanitised HTML, markdown and plain text. Rendered once, when something is written or received."""
