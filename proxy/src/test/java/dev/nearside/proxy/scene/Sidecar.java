package dev.nearside.proxy.scene;

import dev.nearside.proxy.Proxy;
import dev.nearside.proxy.config.ConfigurationException;
import dev.nearside.proxy.config.ConfigurationLoader;
import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.ConfigurationSources.Flag;
import dev.nearside.proxy.config.NamespaceChecks;
import dev.nearside.proxy.config.TlsChecks;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real sidecar in this process, on ports the system chose, in front of a Redis. */
public final class Sidecar implements AutoCloseable {
  private final Proxy proxy;
  private final HttpClient http = HttpClient.newHttpClient();

  private Sidecar(Proxy proxy) {
    this.proxy = proxy;
  }

  /** Starts a sidecar in front of the Redis at {@code port} of this host. */
  public static Sidecar inFrontOf(int port, String... settings) throws IOException {
    return start(null, port, settings);
  }

  /**
   * Starts a sidecar with a configuration file.
   *
   * @param yaml the file's text
   * @param settings {@code key=value}, as {@code --set} takes them; they win over the file
   */
  public static Sidecar configured(String yaml, int port, String... settings) throws IOException {
    Path file = Files.createTempFile("nearside", ".yaml");
    try {
      Files.writeString(file, yaml);
      return start(file, port, settings);
    } finally {
      Files.delete(file);
    }
  }

  /** How far Redis is does not decide by which way a read goes, unless a test says so. */
  private static Sidecar start(Path file, int port, String... settings) throws IOException {
    List<Flag> flags = new ArrayList<>();
    flags.add(flag("upstream.uri=redis://127.0.0.1:" + port));
    flags.add(flag("listen=127.0.0.1:0"));
    flags.add(flag("http=127.0.0.1:0"));
    flags.add(flag("coherence.unheld-reads=relayed"));
    for (String setting : settings) {
      flags.add(flag(setting));
    }
    try {
      return new Sidecar(
          Proxy.start(
              new ConfigurationLoader(NamespaceChecks.NONE, TlsChecks.NONE)
                  .load(new ConfigurationSources(file, Map.of(), flags))));
    } catch (ConfigurationException e) {
      throw new IllegalArgumentException(String.join("\n", e.problems()), e);
    }
  }

  private static Flag flag(String setting) {
    int equals = setting.indexOf('=');
    return new Flag(
        "--set " + setting, setting.substring(0, equals), setting.substring(equals + 1));
  }

  /** Returns the port clients connect to. */
  public int port() {
    return proxy.port();
  }

  /** Returns the sidecar itself. */
  public Proxy proxy() {
    return proxy;
  }

  /** Connects a client of bare bytes. */
  public RespClient connect() throws IOException {
    return RespClient.connect(port());
  }

  /** Waits until L1 is open: the tracked connection is there and confirmed. */
  public Sidecar awaitReady() throws IOException {
    Waiting.until("the sidecar is ready", () -> get("/readyz").statusCode() == 200);
    return this;
  }

  /** Asks the HTTP port. */
  public HttpResponse<String> get(String path) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.httpPort() + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Returns the value of one series, written as the scrape writes it, or 0 while it is absent. */
  public double metric(String series) throws IOException {
    for (String line : get("/metrics").body().lines().toList()) {
      if (line.startsWith(series + " ") || line.replace(",}", "}").startsWith(series + " ")) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return 0;
  }

  @Override
  public void close() {
    proxy.close();
  }
}
