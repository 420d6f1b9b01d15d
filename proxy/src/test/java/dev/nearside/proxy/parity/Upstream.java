package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.List;

/** What is behind a sidecar, what the sidecar is told about it, and the way of its clients. */
interface Upstream extends AutoCloseable {
  /** Returns the settings, {@code key=value}, by which a sidecar finds it and its clients. */
  List<String> settings();

  /** Connects a client to a sidecar that has these settings. */
  RespClient connect(Sidecar sidecar) throws IOException;

  /** Returns the ports, in clear, of the servers that hold the data: there they are emptied. */
  List<Integer> ports();

  @Override
  void close() throws IOException;
}
