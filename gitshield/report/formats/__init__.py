"""The formats, one module each: `report(view)` gives the pieces of the report. Nothing here sees a secret unmasked by itself."""
