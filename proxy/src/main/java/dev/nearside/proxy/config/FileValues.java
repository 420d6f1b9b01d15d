package dev.nearside.proxy.config;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Finds the one value that is given among the two places where it may stand. */
final class FileValues {
  private final Settings settings;
  private final Problems problems;

  FileValues(Settings settings, Problems problems) {
    this.settings = settings;
    this.problems = problems;
  }

  /** Returns the value, its file's content, or null when neither key is given. */
  @Nullable String read(Key<NearsideConfig, String> key, Key<NearsideConfig, String> fileKey) {
    String direct = settings.read("", key);
    String file = settings.read("", fileKey);
    if (file == null) {
      return direct;
    }
    if (direct != null) {
      problems.add(
          settings.origin(fileKey.path()),
          fileKey.path(),
          "given although " + key.path() + " is given too; expected one of them");
      return direct;
    }
    settings.derive(key.path(), fileKey);
    try {
      return ValueFile.read(file);
    } catch (IOException e) {
      problems.add(
          settings.origin(fileKey.path()),
          fileKey.path(),
          Problems.quoted(file) + " " + e.getMessage() + "; expected " + fileKey.type().expected());
      return null;
    }
  }
}
