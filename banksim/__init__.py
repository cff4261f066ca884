"""A SIMULATOR of a bank, for the demo and the tests. It is not a bank, it moves no money, and it knows
nothing of how a real one decides: it takes the flows left for it and answers in the standard's form.

It imports the format (`cbi`) and nothing else of the engine: what it knows, it read in the files.
"""

SIMULATORE = "SIMULATORE: nessuna banca vera, nessun denaro vero / SIMULATOR: no real bank, no real money"
