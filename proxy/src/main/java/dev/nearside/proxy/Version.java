package dev.nearside.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The version of this build, from a resource the build filled in. */
final class Version {
  private Version() {}

  /** Returns the version, or says that it is unknown. */
  static String text() {
    try (InputStream version = Version.class.getResourceAsStream("version.txt")) {
      return version == null
          ? "of unknown version"
          : new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "of unknown version";
    }
  }
}
