"""The rules a pack must keep, by what they speak of: measured, targeted, asked, recorded, printed, written.

A rule is a function of an edition. It finds every fault of its kind, each placed where the definition begins, and it
passes over what another rule already refuses, so that one mistake gives one sentence.
"""
