package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * How to run a program that refuses to be root: as ourselves when we are somebody else; as root in
 * a user namespace, where it is nobody and files stay as they are; or, where the system allows no
 * namespaces (most containers), as the user nobody, who must then own what is written.
 */
enum UnprivilegedUser {
  OURSELVES,
  NAMESPACE("unshare", "--user", "--"),
  NOBODY("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");

  @SuppressWarnings("ImmutableEnumChecker") // List.of gives an unmodifiable one
  private final List<String> prefix;

  UnprivilegedUser(String... prefix) {
    this.prefix = List.of(prefix);
  }

  /**
   * Returns the first way that works here.
   *
   * @throws ServerException if we are root and cannot be anybody else
   */
  static UnprivilegedUser find() {
    for (UnprivilegedUser user : values()) {
      if (user.works()) {
        return user;
      }
    }
    throw new ServerException(
        "PostgreSQL refuses to run as root, and this system lets root become nobody else: run as a"
            + " user.");
  }

  /** Returns whether a program run this way is not root. */
  boolean works() {
    return Programs.output(command("id", "-u")).filter(id -> !id.equals("0")).isPresent();
  }

  /** Returns the command that runs {@code words} as this user. */
  List<String> command(String... words) {
    return Stream.concat(prefix.stream(), Stream.of(words)).toList();
  }

  /** Gives the file or directory to this user. */
  void own(Path file) throws IOException {
    if (this == NOBODY
        && Programs.output(List.of("chown", "65534:65534", file.toString())).isEmpty()) {
      throw new IOException("chown of " + file + " failed");
    }
  }
}
