"""Parts of a page that several pages have: verdict, measures, mistakes, calibration, predictions."""
