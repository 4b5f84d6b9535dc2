from tests.receive.senders import stored

__all__ = ["stored"]
