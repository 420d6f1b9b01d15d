package dev.nearside.proxy.scene;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Signals to processes that a test has started. */
final class Signals {
  private Signals() {}

  /** Sends one through the shell's own kill: a small image may have no other. */
  static void send(String name, Process process) {
    try {
      String line = "kill -" + name + " " + process.pid();
      int status = new ProcessBuilder("sh", "-c", line).start().waitFor();
      if (status != 0 && process.isAlive()) {
        throw new IllegalStateException(line + " ended with " + status);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
