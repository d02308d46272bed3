"""Colours, fonts and spacing of the page."""

from pathlib import Path

import gradio as gr
from gradio.themes.utils.colors import Color
from gradio.themes.utils.fonts import LocalFont

STYLE = Path(__file__).with_name("vitrine.css")
WEIGHTS = (400, 700)

# The blue and the warm greys of the training report, so that report and page are seen to belong together.
# fmt: off
BLUE = Color(
    "#eef5fb", "#d8e9f6", "#b5def5", "#86c5ea", "#4a97d6", "#1766a6", "#125587",
    "#0f456e", "#0c3757", "#0a2c46", "#071e30",
)
STONE = Color(
    "#faf9f7", "#f4f2ee", "#e9e6e0", "#dcd9d3", "#a3abb6", "#78808b", "#5b636d",
    "#363d46", "#242930", "#1b1f24", "#121417",
)
# fmt: on


def build_theme() -> gr.themes.Base:
    """The page's theme, light and dark; its fonts are files of Gradio's own, so no browser asks a font service.

    Of those files many hold no a to z (Lora, Lexend, Source Sans 3 and every SemiBold): only the weights 400 and 700
    of these families are whole, which a test checks.
    """
    theme = gr.themes.Base(
        primary_hue=BLUE,
        secondary_hue=BLUE,
        neutral_hue=STONE,
        radius_size=gr.themes.sizes.radius_lg,
        # The second is for headings, by name in the style sheet.
        font=[LocalFont("Source Sans Pro", WEIGHTS), LocalFont("Montserrat", WEIGHTS), "system-ui", "sans-serif"],
        font_mono=[LocalFont("IBM Plex Mono", WEIGHTS), "ui-monospace", "monospace"],
    )
    return theme.set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        body_text_color="#1d2126",
        body_text_color_dark="#e9ebee",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_300",
        border_color_primary_dark="*neutral_700",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_shadow="0 1px 2px rgb(29 33 38 / 0.05)",
        block_shadow_dark="none",
        block_label_background_fill="white",
        block_label_background_fill_dark="*neutral_900",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_400",
        block_title_text_color="*neutral_600",
        block_title_text_color_dark="*neutral_400",
        input_background_fill="*neutral_50",
        input_background_fill_dark="*neutral_800",
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
        link_text_color="*primary_500",
        link_text_color_dark="*primary_300",
        button_secondary_background_fill="*neutral_200",
        button_secondary_background_fill_dark="*neutral_700",
    )
