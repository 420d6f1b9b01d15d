package dev.nearside.proxy.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the one password that is given among the places where it may stand. */
final class Passwords {
  private final Settings settings;
  private final Problems problems;

  Passwords(Settings settings, Problems problems) {
    this.settings = settings;
    this.problems = problems;
  }

  /** Returns the password, its file's content, or null when neither key is given. */
  @Nullable String read(
      Key<NearsideConfig, String> password, Key<NearsideConfig, String> passwordFile) {
    String direct = settings.read("", password);
    String file = settings.read("", passwordFile);
    if (file == null) {
      return direct;
    }
    if (direct != null) {
      problems.add(
          settings.origin(passwordFile.path()),
          passwordFile.path(),
          "given although " + password.path() + " is given too; expected one of them");
      return direct;
    }
    settings.derive(password.path(), passwordFile);
    return contentOf(file, passwordFile);
  }

  private @Nullable String contentOf(String file, Key<NearsideConfig, String> key) {
    String why;
    try {
      String content = Files.readString(Path.of(file)).replaceFirst("\r?\n\\z", "");
      if (!content.isEmpty()) {
        return content;
      }
      why = "is empty";
    } catch (InvalidPathException e) {
      why = "is not a path";
    } catch (NoSuchFileException e) {
      why = "does not exist";
    } catch (CharacterCodingException e) {
      why = "is not UTF-8 text";
    } catch (IOException e) {
      why = "cannot be read (" + e.getClass().getSimpleName() + ")";
    }
    problems.add(
        settings.origin(key.path()),
        key.path(),
        Problems.quoted(file) + " " + why + "; expected a file that holds the password");
    return null;
  }
}
