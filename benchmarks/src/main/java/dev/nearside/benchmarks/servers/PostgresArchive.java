package dev.nearside.benchmarks.servers;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs for Linux as the build carries them: a compressed archive on the class
 * path.
 */
final class PostgresArchive {
  private static final int OWNER_MAY_EXECUTE = 0100;

  private PostgresArchive() {}

  /**
   * Unpacks the archive for this machine, readable for everybody.
   *
   * @param directory where to; created here
   * @throws IOException if the archive is broken or the disk is full
   * @throws ServerException if there is no archive for this machine
   */
  static void unpack(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (TarArchiveInputStream archive =
        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(open())))) {
      for (TarArchiveEntry entry = archive.getNextEntry();
          entry != null;
          entry = archive.getNextEntry()) {
        unpack(entry, archive, directory);
      }
    }
  }

  private static InputStream open() {
    String machine = System.getProperty("os.arch", "");
    String archive =
        switch (machine) {
          case "amd64", "x86_64" -> "/postgres-linux-x86_64.txz";
          case "aarch64" -> "/postgres-linux-arm_64.txz";
          default -> throw new ServerException("there is no PostgreSQL here for " + machine + ".");
        };
    InputStream content = PostgresArchive.class.getResourceAsStream(archive);
    if (content == null) {
      throw new ServerException(archive + " is not on the class path.");
    }
    return content;
  }

  private static void unpack(TarArchiveEntry entry, InputStream content, Path directory)
      throws IOException {
    Path file = directory.resolve(entry.getName()).normalize();
    if (!file.startsWith(directory)) {
      throw new IOException("archive entry outside of its directory: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      return;
    }
    Files.createDirectories(file.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(content, file);
    boolean program = (entry.getMode() & OWNER_MAY_EXECUTE) != 0;
    Files.setPosixFilePermissions(
        file, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
  }
}
