"""Attributes and options of form controls, written in one go, are what the templates said one by one."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

ATTRS = (
    '{% if base or attrs.class %} class="{{ base }}{% if base and attrs.class %} {% endif %}'
    '{{ attrs.class|default:"" }}{% if base and invalid %} usa-input--error{% endif %}"{% endif %}'
    '{% for name, value in attrs.items %}{% if value is not False and name != "class" %} {{ name }}'
    "{% if value is not True %}=\"{{ value|stringformat:'s' }}\"{% endif %}{% endif %}{% endfor %}"
)
OPTIONS = (
    "{% for group, options, index in groups %}{% if group %}\n"
    '  <optgroup label="{{ group }}">{% endif %}{% for option in options %}\n'
    "  <option value=\"{{ option.value|stringformat:'s' }}\""
    "{% for name, value in option.attrs.items %} {{ name }}"
    "{% if value is not True %}=\"{{ value|stringformat:'s' }}\"{% endif %}{% endfor %}"
    ">{{ option.label }}</option>{% endfor %}{% if group %}\n  </optgroup>{% endif %}{% endfor %}"
)


@pytest.mark.parametrize("base", ["", "usa-input"])
@pytest.mark.parametrize(
    "attrs",
    [
        {},
        {"class": "wide & <tall>", "required": True, "disabled": False},
        {"aria-invalid": "true", "maxlength": 12000, "title": 'a "quote"'},
        {"class": "narrow", "aria-invalid": "true", "step": 0.5, "title": gettext_lazy("Yes")},
        {"class": mark_safe("a&amp;b"), "data-x": mark_safe("c&amp;d"), 'o"dd': None},
    ],
)
def test_attributes_of_a_control_are_what_the_template_said(base: str, attrs: dict[str, Any]) -> None:
    given = {"attrs": attrs, "base": base, "invalid": attrs.get("aria-invalid") == "true"}
    now = Template("{% load control_tags %}{% control_attrs attrs base %}").render(Context(given))
    assert now == Template(ATTRS).render(Context(given))


@pytest.mark.parametrize("value", ["", "b", "3", None, "1200"])
def test_options_of_a_select_are_what_the_template_said(value: Any) -> None:
    choices = [
        ("", gettext_lazy("Any")),
        ("a", "A & <B>"),
        ("b", mark_safe("C &amp; D")),
        (1200, 1200),
        ("Group <1>", [(3, "three"), (4.5, None)]),
    ]
    groups = forms.Select(choices=choices).get_context("name", value, {})["widget"]["optgroups"]
    now = Template("{% load control_tags %}{% select_options groups %}").render(Context({"groups": groups}))
    assert now == Template(OPTIONS).render(Context({"groups": groups}))


def test_a_select_is_whole() -> None:
    class Choosing(forms.Form):
        kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])

    html = str(Choosing({"kind": "c"})["kind"])
    assert html.startswith('<select name="kind" class="usa-select usa-input--error"'), html
    assert '<option value="b">B</option>' in html
    assert html.rstrip().endswith("</select>")
    assert '<option value="a" selected>A</option>' in str(Choosing({"kind": "a"})["kind"])
