"""What the property tests have in common."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

quickly = settings(
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""Few examples, each within a test's own folders, and nothing kept between runs."""

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)
"""What JSON can hold."""
