"""The web server as we start it: signals end it however close together they come, and while it is still starting."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from granian.server.mp import MPServer


class WebServer(MPServer):
    """Granian, whose own handlers set an event: a second signal in the middle of that would wait for ever for the
    event's own lock, and one that the system gives to another thread than the first does not wake that one at all.

    Python writes the number of each signal into a pipe before any handler runs, and a thread of its own reads it.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._mine = os.getpid()

    def heed_signals(self) -> None:
        """From now on signals end the server in order, be it as soon as it has begun."""
        told, tells = os.pipe()
        os.set_blocking(tells, False)
        signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
        # What is forked off has signals of its own, that are none of ours.
        os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.signal_handler_interrupt)
        threading.Thread(target=self._wake_when_told, args=(told,), name="signals", daemon=True).start()

    def signal_handler_interrupt(self, *_: Any) -> None:
        """Ends at once what was forked off and is told so before it has handlers of its own: it serves nobody so far,
        and would not hear it again."""
        if os.getpid() != self._mine:
            os._exit(0)

    def signal_handler_reload(self, *_: Any) -> None:
        """Nothing: the thread tells it."""

    def _wake_when_told(self, told: int) -> None:
        while numbers := os.read(told, 64):
            self.interrupt_signal |= bool({signal.SIGTERM, signal.SIGINT} & set(numbers))
            self.reload_signal |= signal.SIGHUP in numbers
            if self.interrupt_signal or self.reload_signal:
                self.main_loop_interrupt.set()
