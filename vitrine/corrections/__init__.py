"""What people say of a model's answers. In: judgments, and pictures whose owners agree; out: what holds, and a table.

Nothing here is ever changed or deleted: who thinks better of it adds a judgment, and what holds is computed. The store
and all that the page needs run without pandas; only reading a table needs it (`table.py`).
"""
