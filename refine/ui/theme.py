"""Colours and type of the page.

Knows: the palette. Does not know: any screen; what a theme cannot say is in assets/ui/style.css.
Fonts are the device's own: nothing is fetched from elsewhere.
"""

import gradio as gr

SANS = ("ui-rounded", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

THEME = gr.themes.Base(
    primary_hue="indigo",
    secondary_hue="amber",
    neutral_hue="slate",
    radius_size="lg",
    font=SANS,
    font_mono=MONO,
).set(
    body_background_fill="#f7f6fb",
    body_background_fill_dark="#12121c",
    block_background_fill="#ffffff",
    block_background_fill_dark="#1c1c2b",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_600",
    button_primary_background_fill_hover_dark="*primary_700",
    button_primary_text_color="#ffffff",
    button_large_padding="14px 20px",
    input_background_fill="#ffffff",
    input_background_fill_dark="#232336",
)
