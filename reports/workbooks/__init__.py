"""One spreadsheet each: the same facts as the paper in, XLSX bytes out; no models, no queries."""
