package dev.nearside.proxy.mutant;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One change of the code of a method and of the lambdas in it. A value stands for any type: 0 is
 * also false and null.
 */
sealed interface Change {
  /** Stands for every call of a method. */
  int EACH = -1;

  /** Returns the class, below the sidecar's own package. */
  String type();

  /** Returns the name of the method; every overload is changed that can be. */
  String method();

  /**
   * Returns how its code is changed.
   *
   * @param hits counts what was changed
   */
  CodeTransform transform(MethodModel method, AtomicInteger hits);

  /** The method does nothing but return {@code value}. */
  record Returning(String type, String method, long value) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return CodeTransform.ofStateful(() ->
          new CodeTransform() {
            private boolean done;

            @Override
            public void atStart(CodeBuilder code) {
              TypeKind kind = TypeKind.from(model.methodTypeSymbol().returnType());
              load(code, kind, value);
              code.return_(kind);
              hits.incrementAndGet();
              done = true;
            }

            @Override
            public void accept(CodeBuilder code, java.lang.classfile.CodeElement element) {
              if (!done) {
                code.with(element);
              }
            }
          });
    }
  }

  /** A call of {@code callee} is left out and gives {@code value}; the nth only, or each. */
  record Calling(String type, String method, String callee, int nth, long value) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      AtomicInteger seen = new AtomicInteger();
      return (code, element) -> {
        if (element instanceof InvokeInstruction call
            && call.name().equalsString(callee)
            && (nth == EACH || seen.getAndIncrement() == nth)) {
          hits.incrementAndGet();
          pop(code, call);
          load(code, TypeKind.from(call.typeSymbol().returnType()), value);
        } else {
          code.with(element);
        }
      };
    }

    private static void pop(CodeBuilder code, InvokeInstruction call) {
      MethodTypeDesc type = call.typeSymbol();
      for (ClassDesc parameter : type.parameterList().reversed()) {
        drop(code, TypeKind.from(parameter));
      }
      if (call.opcode() != Opcode.INVOKESTATIC) {
        code.pop();
      }
    }
  }

  /** The field {@code field} of the same or another object reads as {@code value}. */
  record Reading(String type, String method, String field, long value) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return (code, element) -> {
        if (element instanceof FieldInstruction read
            && read.opcode() == Opcode.GETFIELD
            && read.name().equalsString(field)) {
          hits.incrementAndGet();
          code.pop();
          load(code, TypeKind.from(read.typeSymbol()), value);
        } else {
          code.with(element);
        }
      };
    }
  }

  /** The field {@code field} of the same or another object keeps what it has. */
  record Keeping(String type, String method, String field) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return (code, element) -> {
        if (element instanceof FieldInstruction write
            && write.opcode() == Opcode.PUTFIELD
            && write.name().equalsString(field)) {
          hits.incrementAndGet();
          drop(code, TypeKind.from(write.typeSymbol()));
          code.pop();
        } else {
          code.with(element);
        }
      };
    }
  }

  /** The method is called as if with {@code value} as its argument {@code index}, from 0. */
  record Argument(String type, String method, int index, long value) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return CodeTransform.ofStateful(() ->
          new AtStart(code -> {
            TypeKind kind = TypeKind.from(model.methodTypeSymbol().parameterType(index));
            load(code, kind, value);
            code.storeLocal(kind, code.parameterSlot(index));
            hits.incrementAndGet();
          }));
    }
  }

  /** The method is called as if with the time of the call as its argument {@code index}. */
  record Now(String type, String method, int index) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return CodeTransform.ofStateful(() ->
          new AtStart(code -> {
            code.invokestatic(
                ClassDesc.of("java.lang.System"),
                "nanoTime",
                MethodTypeDesc.of(ConstantDescs.CD_long));
            code.storeLocal(TypeKind.LONG, code.parameterSlot(index));
            hits.incrementAndGet();
          }));
    }
  }

  /** Calls of {@code callee} of a map go to the {@link StandIns} method {@code standIn}. */
  record Standing(String type, String method, String callee, String standIn) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return (code, element) -> {
        if (element instanceof InvokeInstruction call && call.name().equalsString(callee)) {
          hits.incrementAndGet();
          code.invokestatic(
              StandIns.class.describeConstable().orElseThrow(),
              standIn,
              call.typeSymbol().insertParameterTypes(0, call.owner().asSymbol()));
        } else {
          code.with(element);
        }
      };
    }
  }

  /** Texts that contain {@code from} have {@code to} in its place. */
  record Text(String type, String method, String from, String to) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return (code, element) -> {
        if (element instanceof ConstantInstruction load && isMeant(load.constantValue())) {
          hits.incrementAndGet();
          code.loadConstant(changed(load.constantValue()));
        } else if (element instanceof InvokeDynamicInstruction joining
            && joining.bootstrapArgs().stream().anyMatch(this::isMeant)) {
          hits.incrementAndGet();
          code.invokedynamic(changed(joining));
        } else {
          code.with(element);
        }
      };
    }

    private DynamicCallSiteDesc changed(InvokeDynamicInstruction joining) {
      return DynamicCallSiteDesc.of(
          joining.bootstrapMethod(),
          joining.name().stringValue(),
          joining.typeSymbol(),
          joining.bootstrapArgs().stream().map(this::changed).toArray(ConstantDesc[]::new));
    }

    private boolean isMeant(ConstantDesc constant) {
      return constant instanceof String text && text.contains(from);
    }

    private ConstantDesc changed(ConstantDesc constant) {
      return constant instanceof String text ? text.replace(from, to) : constant;
    }
  }

  /** The thread stands still now and then before the method, as any thread may. */
  record Stumbling(String type, String method) implements Change {
    @Override
    public CodeTransform transform(MethodModel model, AtomicInteger hits) {
      return CodeTransform.ofStateful(() ->
          new AtStart(code -> {
            code.invokestatic(
                StandIns.class.describeConstable().orElseThrow(),
                "stumble",
                MethodTypeDesc.of(ConstantDescs.CD_void));
            hits.incrementAndGet();
          }));
    }
  }

  /** Code before the method's own. */
  record AtStart(java.util.function.Consumer<CodeBuilder> before) implements CodeTransform {
    @Override
    public void atStart(CodeBuilder code) {
      before.accept(code);
    }

    @Override
    public void accept(CodeBuilder code, java.lang.classfile.CodeElement element) {
      code.with(element);
    }
  }

  private static void drop(CodeBuilder code, TypeKind kind) {
    if (kind.slotSize() == 2) {
      code.pop2();
    } else {
      code.pop();
    }
  }

  private static void load(CodeBuilder code, TypeKind kind, long value) {
    switch (kind) {
      case VOID -> {}
      case REFERENCE -> code.aconst_null();
      case LONG -> code.loadConstant(value);
      case DOUBLE -> code.loadConstant((double) value);
      case FLOAT -> code.loadConstant((float) value);
      case BOOLEAN, BYTE, CHAR, SHORT, INT -> code.loadConstant((int) value);
    }
  }
}
