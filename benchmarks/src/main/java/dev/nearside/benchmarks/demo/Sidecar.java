package dev.nearside.benchmarks.demo;

import dev.nearside.benchmarks.servers.ServerException;
import dev.nearside.proxy.Proxy;
import dev.nearside.proxy.config.NearsideConfig;
import java.io.IOException;

/** The sidecar, inside this process; the one place where the demo touches the composition root. */
final class Sidecar {
  private Sidecar() {}

  /** Starts it; the caller closes it, which lets what is in flight end. */
  static AutoCloseable start(NearsideConfig config) {
    try {
      return Proxy.start(config);
    } catch (IOException e) {
      throw new ServerException(String.valueOf(e.getMessage()));
    }
  }
}
