package dev.nearside.benchmarks.servers;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs as the build carries them: a compressed archive on the class path. */
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

  private static InputStream open() throws IOException {
    String system = System.getProperty("os.name", "");
    String machine = System.getProperty("os.arch", "");
    InputStream archive =
        DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(
            system, machine.equals("amd64") ? "x86_64" : machine);
    if (archive == null) {
      throw new ServerException(
          "the demo brings no PostgreSQL for " + system + " on " + machine + ".");
    }
    return archive;
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
