"""Archives -> findings: what an audit is, whoever carries it out, and the one that is carried out on one machine."""
