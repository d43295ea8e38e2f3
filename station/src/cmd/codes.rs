//! `codes`: the sheet of control codes and operator badges.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use evidence::value::{Token, Value};

use super::Status;
use crate::{
    clock,
    data::Place,
    durable,
    say::{Lang, Trouble},
    sheet,
};

/// Writes the sheet, whole or not at all, over a sheet that is there; `-` is standard output.
///
/// # Errors
/// A configuration that does not hold, a name that is none, a text that does not fit on paper, the file system's.
pub fn run(place: &Place, output: &Path, operators: &[String], lang: Lang) -> Result<Status, Trouble> {
    let operators = operators.iter().map(|name| operator(name)).collect::<Result<Vec<_>, _>>()?;
    let pdf = sheet::pdf(&place.read()?.config.control, &operators, clock::wall())?;
    let shown = output.display();
    if output == Path::new("-") {
        let mut out = io::stdout();
        if out.is_terminal() {
            return Err(Trouble::new(
                "a PDF is nothing for a terminal: send it on, or name a file with -o",
                "PDF 不能在终端中显示：请重定向输出，或用 -o 指定文件",
            ));
        }
        let cannot = |e| Trouble::new("cannot write to standard output", "无法写到标准输出").because(e);
        out.write_all(&pdf).and_then(|()| out.flush()).map_err(cannot)?;
        return Ok(Status::Done);
    }
    let cannot = || {
        Trouble::new(
            format!("cannot write {shown}: check the folder and who may write there, or name another file"),
            format!("无法写入 {shown}：请检查文件夹及写权限，或换一个文件名"),
        )
    };
    // What a link leads to is replaced, not the link; devices and folders are left alone.
    let target = match fs::canonicalize(output) {
        Ok(there) if there.is_file() => there,
        Ok(_) => {
            return Err(Trouble::new(
                format!("{shown} is not a file: name a PDF file, or '-' for standard output"),
                format!("{shown} 不是文件：请指定 PDF 文件，或用 - 表示标准输出"),
            ));
        }
        Err(_) => output.to_owned(),
    };
    durable::replace(&target, &pdf).map_err(|e| cannot().because(e))?;
    eprintln!(
        "{}",
        lang.pick(
            format!("{shown}: print it in actual size; each code can be cut out"),
            format!("{shown}：请按实际大小打印，各条码可剪开使用"),
        )
    );
    Ok(Status::Done)
}

/// An operator's name as it was typed.
fn operator(text: &str) -> Result<Token, Trouble> {
    Token::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
        Trouble::new(
            format!("'{shown}' cannot be an operator's name: use A-Z, a-z, 0-9, '.', '_', '+' and '-'"),
            format!("“{shown}”不能作为操作员名称：请使用字母、数字、“.”、“_”、“+”或“-”"),
        )
    })
}
