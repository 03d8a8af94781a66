"""One official form each: plain facts in, PDF bytes out; no models, no queries."""
