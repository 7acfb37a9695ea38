"""What templates of sites, ISAs, equipment and installers ask for: badges and words."""

from __future__ import annotations

from django import template

from itinstall import presentation_resources as presentation

register = template.Library()

register.simple_tag(presentation.isa_badge, name="isa_badge")
register.simple_tag(presentation.isa_words, name="isa_words")
register.filter("equipment_badge", presentation.equipment_badge)
