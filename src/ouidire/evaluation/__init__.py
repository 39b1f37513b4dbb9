"""How well posts are placed: real places, written phrasings, and the figures. Nothing here is used while listening.

`phrasings` are how people write, `gather` reads real places, `world` makes the organisations that listen of them,
`filling` makes labelled posts of both, `naive` are the peers, `bench` judges and `metrics` counts.
"""
