"""What deploy.py and manage.py share: plan, print, simulate, ask, send, look again. The underscore keeps it off ape's list.

abi.py records.py config.py   bytes, the deployment file, the deployment's configuration
node.py                       reading a chain and sending to it; knows neither ape nor web3
state.py changes.py           what the contracts hold now; each change as a function of that
creation.py owners.py         new contracts; the way of a call through a timelock or a Safe
plan.py                       the pipeline
session.py                    the only one that imports ape, with the options of every command
"""
