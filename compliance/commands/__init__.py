"""The commands of `decroche compliance` and `decroche privacy`: read, call, show."""
