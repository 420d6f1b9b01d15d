package dev.nearside.proxy.server;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The file that a killed process leaves where its Unix socket was: the kernel neither removes it
 * nor binds over it. Not for event loops, it touches the disk.
 */
final class StaleSocket {
  private StaleSocket() {}

  /**
   * Removes the socket that a dead process left at {@code path}, if there is one.
   *
   * @throws IllegalStateException when what is there belongs to a living process, or is no socket
   */
  static void clear(Path path) {
    BasicFileAttributes there = attributes(path);
    if (there == null) {
      return;
    }
    if (!there.isOther()) {
      throw new IllegalStateException("cannot listen on " + path + ": it exists and is no socket");
    }
    if (isAnswered(path)) {
      throw new IllegalStateException(
          "cannot listen on " + path + ": another process listens there");
    }
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new IllegalStateException("cannot listen on " + path + ": it cannot be replaced", e);
    }
  }

  private static @Nullable BasicFileAttributes attributes(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException absent) {
      return null;
    }
  }

  private static boolean isAnswered(Path path) {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException refused) {
      return false;
    }
  }
}
