package dev.nearside.proxy.config;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where this source tree is. */
final class Checkout {
  private Checkout() {}

  /** Returns the folder that holds the licence, upwards from where the test runs. */
  static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("LICENSE"))) {
      folder = folder.getParent();
    }
    return folder;
  }
}
