"""What is uploaded to AWS: the functions' zips, their layer, the source of the runner image.

Whoever builds from the same commit gets the same bytes, wherever the checkout is. Nothing here is
imported by what it packs, and nothing knows what a function does.
"""
