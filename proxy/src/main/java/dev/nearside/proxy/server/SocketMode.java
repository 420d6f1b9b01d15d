package dev.nearside.proxy.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** File permissions as {@code chmod} takes them. Not for event loops, it touches the disk. */
final class SocketMode {
  /** From the highest bit down, which is also the order in which they are declared. */
  private static final PosixFilePermission[] BITS = PosixFilePermission.values();

  private SocketMode() {}

  /** Gives the file at {@code path} the permissions of {@code mode}, nine bits. */
  static void set(Path path, int mode) throws IOException {
    Files.setPosixFilePermissions(path, permissions(mode));
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < BITS.length; i++) {
      if ((mode & 1 << (BITS.length - 1 - i)) != 0) {
        permissions.add(BITS[i]);
      }
    }
    return permissions;
  }
}
