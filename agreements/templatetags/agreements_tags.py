"""Tags for the register's pages."""

from __future__ import annotations

from django import template

from agreements.presentation import basis_words, model_badge, status_badge, synthetic_badge
from agreements.wording import explain_rule, field_label, flag_text

register = template.Library()

register.filter("status_badge", status_badge)
register.filter("model_badge", model_badge)
register.filter("basis_words", basis_words)
register.filter("rule_text", explain_rule)
register.filter("flag_text", flag_text)
register.filter("field_label", field_label)
register.simple_tag(synthetic_badge, name="synthetic_badge")
