package dev.nearside.benchmarks.demo;

import dev.nearside.benchmarks.servers.ServerException;
import dev.nearside.proxy.config.NearsideConfig;

/** The sidecar, inside this process; the one place where the demo touches the composition root. */
final class Sidecar {
  private Sidecar() {}

  /** Starts it; the caller closes it, which lets what is in flight end. */
  @SuppressWarnings("DoNotCallSuggester") // until there is one
  static AutoCloseable start(NearsideConfig config) {
    throw new ServerException("there is no sidecar to listen on " + config.listen() + " yet.");
  }
}
