package dev.nearside.proxy.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tree this module is built in. */
final class SourceTree {
  private static final Pattern VERSION = Pattern.compile("<version>([^<]+)</version>");

  private SourceTree() {}

  /** Returns the directory of the parent pom: tests run in the directory of their module. */
  static Path root() {
    return Path.of("").toAbsolutePath().getParent();
  }

  /** Returns the version in the parent pom. */
  static String version() throws IOException {
    Matcher matcher = VERSION.matcher(Files.readString(root().resolve("pom.xml")));
    if (!matcher.find()) {
      throw new IllegalStateException("no <version> in " + root().resolve("pom.xml"));
    }
    return matcher.group(1);
  }
}
