"""The HTML door: pages, their templates and words. A page that does not declare who may open it does not start."""
