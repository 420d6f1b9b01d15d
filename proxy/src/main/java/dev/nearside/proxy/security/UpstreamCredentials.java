package dev.nearside.proxy.security;

import dev.nearside.proxy.config.NearsideConfig.Upstream;
import dev.nearside.proxy.config.ValueFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The credentials that the configuration gives, or the files it names: each new connection takes
 * what they say then.
 */
public final class UpstreamCredentials implements Supplier<Credentials>, WatchedFiles.Reader {
  private final @Nullable String userFile;
  private final @Nullable String passwordFile;
  private volatile Credentials current;
  private volatile Trial trial = credentials -> {};
  private volatile Runnable userChanged = () -> {};

  /** Asks Redis whether it takes credentials. */
  public interface Trial {
    /**
     * Blocks until Redis has taken {@code credentials}.
     *
     * @throws IOException when it does not, or cannot be asked
     */
    void run(Credentials credentials) throws IOException;
  }

  /** Creates those of {@code upstream}, whose files were read when the configuration was. */
  public UpstreamCredentials(Upstream upstream) {
    userFile = upstream.userFile();
    passwordFile = upstream.passwordFile();
    String user = upstream.user();
    current = new Credentials(user == null ? Credentials.DEFAULT_USER : user, upstream.password());
  }

  @Override
  public Credentials get() {
    return current;
  }

  @Override
  public String name() {
    return "upstream credentials";
  }

  @Override
  public List<Path> files() {
    return Stream.of(userFile, passwordFile).filter(Objects::nonNull).map(Path::of).toList();
  }

  @Override
  public boolean read() throws IOException {
    Credentials known = current;
    Credentials next =
        new Credentials(
            userFile == null ? known.user() : said(userFile),
            passwordFile == null ? known.password() : said(passwordFile));
    if (next.equals(known)) {
      return false;
    }
    trial.run(next); // of two files one is changed first, and either may hold a mistake
    current = next;
    if (!next.user().equals(known.user())) {
      userChanged.run();
    }
    return true;
  }

  /**
   * Says what is done about a change, on the thread that reads the files.
   *
   * @param trial throws an exception where Redis does not take them; nothing changes then
   * @param userChanged runs when another user has been taken
   */
  public void onChange(Trial trial, Runnable userChanged) {
    this.trial = trial;
    this.userChanged = userChanged;
  }

  private static String said(String file) throws IOException {
    try {
      return ValueFile.read(file);
    } catch (IOException e) {
      throw new IOException(file + " " + e.getMessage(), e);
    }
  }
}
