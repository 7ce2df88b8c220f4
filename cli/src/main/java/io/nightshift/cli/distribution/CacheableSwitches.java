package io.nightshift.cli.distribution;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Label;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.LoadableConstantEntry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.reflect.AccessFlag;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Rewrites the switches over types in a class so that the JVM's start-up cache can hold them.
///
/// javac compiles such a switch to a call of `SwitchBootstraps.typeSwitch`, which creates a class for each
/// switch when it is first reached. The cache of JDK 25 does not hold these classes, so every start would
/// create them again. This class replaces the call by one of a private method that makes the same
/// comparisons.
final class CacheableSwitches {

    private static final ClassDesc OWNER = ClassDesc.of("java.lang.runtime.SwitchBootstraps");
    private static final String FACTORY = "typeSwitch";
    private static final int HELPER = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;

    private final ClassFile files;

    /// @param classes finds the superclasses of the types that the rewritten methods use
    CacheableSwitches(ClassHierarchyResolver classes) {
        this.files = ClassFile.of(ClassHierarchyResolverOption.of(classes));
    }

    /// Rewrites a class.
    ///
    /// @param file the class file
    /// @return the rewritten class file; the same array if the class has no such switch
    byte[] in(byte[] file) {
        ClassModel model = files.parse(file);
        List<InvokeDynamicInstruction> switches = switches(model);
        return switches.isEmpty() ? file : files.transformClass(model, replacing(model, switches));
    }

    private static List<InvokeDynamicInstruction> switches(ClassModel model) {
        return model.methods().stream()
                .flatMap(method -> method.code().stream())
                .flatMap(code -> code.elementStream())
                .filter(CacheableSwitches::isSwitchOverTypes)
                .map(InvokeDynamicInstruction.class::cast)
                .toList();
    }

    /// Whether all labels are types. Others are constants of enums, for example.
    static boolean isSwitchOverTypes(CodeElement element) {
        return element instanceof InvokeDynamicInstruction call
                && isFactory(call.bootstrapMethod())
                && call.invokedynamic().bootstrap().arguments().stream().allMatch(ClassEntry.class::isInstance);
    }

    private static boolean isFactory(DirectMethodHandleDesc method) {
        return method.owner().equals(OWNER) && method.methodName().equals(FACTORY);
    }

    /// Replaces each call by one of a new method, and adds these methods at the end.
    private static ClassTransform replacing(ClassModel model, List<InvokeDynamicInstruction> switches) {
        ClassTransform calls = ClassTransform.transformingMethodBodies(
                method -> method.code().stream()
                        .flatMap(code -> code.elementStream())
                        .anyMatch(CacheableSwitches::isSwitchOverTypes),
                (code, element) -> replace(model, code, element));
        return calls.andThen(ClassTransform.endHandler(type -> switches.stream()
                .collect(Collectors.toMap(CacheableSwitches::name, call -> call, (call, same) -> call, TreeMap::new))
                .forEach((name, call) ->
                        type.withMethodBody(name, call.typeSymbol(), HELPER, code -> compare(code, call)))));
    }

    private static void replace(ClassModel model, CodeBuilder code, CodeElement element) {
        if (isSwitchOverTypes(element)) {
            InvokeDynamicInstruction call = (InvokeDynamicInstruction) element;
            boolean isInterface = model.flags().has(AccessFlag.INTERFACE);
            code.invokestatic(model.thisClass().asSymbol(), name(call), call.typeSymbol(), isInterface);
        } else if (!(element instanceof RuntimeVisibleTypeAnnotationsAttribute)) {
            // Annotations of local variables name places in the code, which the API copies as they were. Nothing
            // reads them.
            code.with(element);
        }
    }

    /// The name of the method. Calls with the same constant have the same labels and type.
    private static String name(InvokeDynamicInstruction call) {
        return "typeSwitch$" + call.invokedynamic().index();
    }

    /// As `SwitchBootstraps.typeSwitch` specifies: returns -1 for null, or the index of the first label, from
    /// the second argument on, whose type the value has, or the number of labels.
    private static void compare(CodeBuilder code, InvokeDynamicInstruction call) {
        Label notNull = code.newLabel();
        code.aload(0).ifnonnull(notNull).iconst_m1().ireturn().labelBinding(notNull);
        List<LoadableConstantEntry> labels = call.invokedynamic().bootstrap().arguments();
        for (int index = 0; index < labels.size(); index++) {
            Label next = code.newLabel();
            code.iload(1).loadConstant(index).if_icmpgt(next);
            code.aload(0).instanceOf((ClassEntry) labels.get(index)).ifeq(next);
            code.loadConstant(index).ireturn().labelBinding(next);
        }
        code.loadConstant(labels.size()).ireturn();
    }
}
