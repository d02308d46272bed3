"""What the server offers to programs beside the page: plain routes, figures, and what guards them.

A picture enters as a file of a form, JSON leaves. The page itself is Gradio's; both ask the same `Batcher`.
"""
