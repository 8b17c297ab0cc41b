"""Who the subjects are: their genes, their bodies, and the chance that draws them."""
