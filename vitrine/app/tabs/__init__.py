"""One file per tab of the page. Each has one public function that builds it inside an open `gr.Tab`."""
