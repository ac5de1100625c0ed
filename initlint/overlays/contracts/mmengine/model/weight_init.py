"""The bias of a classifier that starts with the prior probability of its class."""

from __future__ import annotations

import math


def bias_init_with_prob(prior_prob):
    return -math.log((1 - prior_prob) / prior_prob)
