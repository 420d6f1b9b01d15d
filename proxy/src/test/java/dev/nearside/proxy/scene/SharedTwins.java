package dev.nearside.proxy.scene;

import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Twins.Told;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * {@link Twins} for all tests of a class, empty before each; to be registered by a static field.
 */
public final class SharedTwins implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private final String[] serverArgs;
  private @Nullable Twins twins;

  /** Makes twins whose servers have these arguments. */
  public SharedTwins(String... serverArgs) {
    this.serverArgs = serverArgs;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    twins = Twins.start(serverArgs);
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    get().flush();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    get().close();
  }

  /** Returns the twins, between the first test and the last. */
  public Twins get() {
    return Objects.requireNonNull(twins);
  }

  /** Connects a client to both. */
  public Pair connect() throws IOException {
    return get().connect();
  }

  /** Connects a client that has said {@code HELLO protocol} to both. */
  public Pair connect(int protocol) throws IOException {
    Pair pair = connect();
    pair.send("HELLO", Integer.toString(protocol)).reply(Twins::withoutId);
    return pair;
  }

  /** Connects a client to both servers themselves: what it does is done elsewhere. */
  public Pair connectElsewhere() throws IOException {
    return get().connectElsewhere();
  }

  /** Returns the sidecar. */
  public Sidecar sidecar() {
    return get().sidecar();
  }

  /** Returns whether the servers know a command of this name. */
  public boolean knows(String command) throws IOException {
    return get().direct().knows(command);
  }

  /** Empties both servers and L1, within a test. */
  public void flush() throws IOException {
    get().flush();
  }

  /** Waits until so many clients are blocked at either server. */
  public void awaitBlocked(int clients) throws IOException {
    String line = "blocked_clients:" + clients + "\r\n";
    try (Pair elsewhere = connectElsewhere()) {
      Waiting.until(
          clients + " clients are blocked at both servers",
          () -> {
            Told info = elsewhere.ask("INFO", "clients");
            return info.direct().contains(line) && info.through().contains(line);
          });
    }
  }
}
