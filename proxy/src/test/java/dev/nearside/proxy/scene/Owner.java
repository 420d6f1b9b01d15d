package dev.nearside.proxy.scene;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whom the database server runs as. PostgreSQL refuses to run as root; started by root it is given
 * to the user {@code nobody} (65534), by the first of two programs of util-linux that works here:
 * {@code setpriv} (needs CAP_SETUID, which containers have) or {@code unshare} (needs user
 * namespaces).
 *
 * @param uid the user of this process
 * @param prefix the words before a command that make it run as {@code ownerUid}; empty for a plain
 *     user
 */
record Owner(int uid, List<String> prefix) {
  private static final int NOBODY = 65534;
  private static final List<List<String>> WAYS =
      List.of(
          List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"),
          List.of("unshare", "-U"));

  /** Returns how to run the server from this process. */
  static Owner current() throws IOException {
    Path own = Files.createTempFile("nearside-", ".owner");
    int uid = (int) Files.getAttribute(own, "unix:uid");
    Files.delete(own);
    return new Owner(uid, uid == 0 ? wayFromRoot() : List.of());
  }

  /** Gives a path to the user the server runs as. */
  void give(Path path) throws IOException {
    if (prefix.contains("--clear-groups")) {
      Files.setAttribute(path, "unix:uid", NOBODY);
      Files.setAttribute(path, "unix:gid", NOBODY);
    }
  }

  private static List<String> wayFromRoot() throws IOException {
    for (List<String> way : WAYS) {
      if (works(way)) {
        return way;
      }
    }
    throw new IOException(
        "PostgreSQL cannot run as root, and neither setpriv nor unshare works here; run as a user");
  }

  private static boolean works(List<String> way) {
    List<String> command = new java.util.ArrayList<>(way);
    command.addAll(List.of("id", "-u"));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] output = process.getInputStream().readAllBytes();
      String uid = new String(output, StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 && !uid.equals("0");
    } catch (IOException absent) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
